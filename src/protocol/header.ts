import { assert } from "../base/assert.ts";
import type { ResponsePart } from "../base/file-span.ts";
import { ApiKey } from "./api-keys.ts";
import { readInt16 } from "./big-endian.ts";
import { decodeMessage, encodeWithHeader } from "./codec.ts";
import { DecodeError } from "./decode-error.ts";
import {
  type ApiMessages,
  type KnownApi,
  messages,
  messagesOf,
  type RequestInputOf,
  type ResponseInputOf,
  type ResponseOf,
} from "./messages.ts";
import { requestHeader, responseHeader } from "./schemas/headers.ts";

/** What every request starts with. Frames here are without their length prefix. */
export interface RequestHead {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** Where the body starts in the frame. Meaningless if the API key is unknown. */
  readonly bodyAt: number;
}

/** Bytes of a request header before the client id: no shorter frame has an API key and version. */
const FIXED_HEADER_BYTES = 8;

/** Reads the header of a frame. Key and version may be ones that nobody knows. Throws {@link DecodeError}. */
export function decodeRequestHeader(frame: Uint8Array): RequestHead {
  if (frame.length < FIXED_HEADER_BYTES) throw new DecodeError(`a request of ${frame.length} bytes`);
  const version = requestHeaderVersion(readInt16(frame, 0), readInt16(frame, 2));
  const { value, end } = decodeMessage(requestHeader, version, frame, 0);
  return {
    apiKey: value.requestApiKey,
    apiVersion: value.requestApiVersion,
    correlationId: value.correlationId,
    clientId: value.clientId,
    bodyAt: end,
  };
}

/** A response with its header, without the length prefix. */
export function encodeResponse<Key extends KnownApi>(
  apiKey: Key,
  version: number,
  correlationId: number,
  value: ResponseInputOf<Key>,
): ResponsePart[] {
  const header = { correlationId };
  const { response }: ApiMessages = messages[apiKey];
  return encodeWithHeader(
    responseHeader,
    responseHeaderVersion(apiKey, version),
    header,
    response,
    version,
    value,
  );
}

/** A request with its header, without the length prefix: what a client sends. Copies records. */
export function encodeRequest<Key extends KnownApi>(
  apiKey: Key,
  version: number,
  correlationId: number,
  clientId: string | null,
  value: RequestInputOf<Key>,
): Uint8Array {
  const header = { requestApiKey: apiKey, requestApiVersion: version, correlationId, clientId };
  const { request }: ApiMessages = messages[apiKey];
  const parts = encodeWithHeader(
    requestHeader,
    requestHeaderVersion(apiKey, version),
    header,
    request,
    version,
    value,
  );
  const [bytes] = parts;
  assert(parts.length === 1 && bytes instanceof Uint8Array, "a request cannot hold file spans");
  return bytes;
}

/** Reads a response frame: what a client does. Throws {@link DecodeError}. */
export function decodeResponse<Key extends KnownApi>(
  apiKey: Key,
  version: number,
  bytes: Uint8Array,
): { readonly correlationId: number; readonly value: ResponseOf<Key> } {
  const header = decodeMessage(responseHeader, responseHeaderVersion(apiKey, version), bytes, 0);
  const { response } = messages[apiKey];
  const body = decodeMessage(response, version, bytes, header.end);
  return { correlationId: header.value.correlationId, value: body.value as ResponseOf<Key> };
}

function requestHeaderVersion(apiKey: number, version: number): number {
  const api = messagesOf(apiKey);
  return api !== undefined && version >= api.flexibleFrom ? 2 : 1;
}

/** ApiVersions answers with v0 always: the client may not know yet what the broker speaks (KIP-511). */
function responseHeaderVersion(apiKey: number, version: number): number {
  const api = messagesOf(apiKey);
  return apiKey !== ApiKey.API_VERSIONS && api !== undefined && version >= api.flexibleFrom ? 1 : 0;
}
