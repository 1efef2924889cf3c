import { Later, type Receiver } from "../base/later.ts";
import type { Answer, Dispatch, FrameLease, Peer, Response } from "../net/dispatch.ts";
import { ApiKey, apiName } from "../protocol/api-keys.ts";
import { decodeMessage } from "../protocol/codec.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { decodeRequestHeader, encodeResponse, type RequestHead } from "../protocol/header.ts";
import { type KnownApi, messages, type RequestOf, type ResponseInputOf } from "../protocol/messages.ts";
import { advertisedApis, servedApi } from "./api-table.ts";
import type { HandlerResult, Reply } from "./request-context.ts";
import type { Services } from "./services.ts";

/**
 * Decodes a request, hands it to its handler and encodes what comes back. Malformed requests, and keys and versions
 * that are not served, throw: that closes the connection, as in Kafka. Main thread.
 */
export function makeDispatch(services: Services): Dispatch {
  return (peer, frame, lease) => dispatch(services, peer, frame, lease);
}

function dispatch(services: Services, peer: Peer, frame: Uint8Array, lease: FrameLease): Answer {
  const head = decodeRequestHeader(frame);
  const { apiKey, apiVersion, correlationId } = head;
  const api = servedApi(apiKey, apiVersion);
  if (api === undefined) {
    if (apiKey === ApiKey.API_VERSIONS) return unsupportedApiVersions(head);
    throw new Error(`${apiName(apiKey)} version ${apiVersion} is not served`);
  }
  const request = decodeMessage(messages[api.key].request, apiVersion, frame, head.bodyAt).value;
  const result: HandlerResult<ResponseInputOf<KnownApi>> = api.handle(request as RequestOf<KnownApi>, {
    services,
    peer,
    apiVersion,
    lease,
  });
  if (result instanceof Promise) {
    return result.then((reply) => respond(api.key, apiVersion, correlationId, reply));
  }
  if (result instanceof Later) return new LaterResponse(api.key, apiVersion, correlationId, result);
  return respond(api.key, apiVersion, correlationId, result);
}

/** Encodes a reply when it comes. */
class LaterResponse extends Later<Response | null> implements Receiver<Reply<ResponseInputOf<KnownApi>>> {
  readonly #key: KnownApi;
  readonly #apiVersion: number;
  readonly #correlationId: number;

  constructor(
    key: KnownApi,
    apiVersion: number,
    correlationId: number,
    reply: Later<Reply<ResponseInputOf<KnownApi>>>,
  ) {
    super();
    this.#key = key;
    this.#apiVersion = apiVersion;
    this.#correlationId = correlationId;
    reply.deliverTo(this);
  }

  resolved(reply: Reply<ResponseInputOf<KnownApi>>): void {
    let response: Response | null;
    try {
      response = respond(this.#key, this.#apiVersion, this.#correlationId, reply);
    } catch (failure) {
      this.fail(failure);
      return;
    }
    this.resolve(response);
  }

  failed(failure: unknown): void {
    this.fail(failure);
  }
}

function respond(
  key: KnownApi,
  apiVersion: number,
  correlationId: number,
  reply: Reply<ResponseInputOf<KnownApi>> | null,
): Response | null {
  if (reply === null) return null;
  try {
    return { parts: encodeResponse(key, apiVersion, correlationId, reply.body), release: reply.release };
  } catch (error) {
    reply.release?.();
    throw error;
  }
}

/** A client that is ahead of this broker learns from version 0 what to ask with (KIP-511). */
function unsupportedApiVersions({ correlationId }: RequestHead): Response {
  const body = {
    errorCode: ErrorCode.UNSUPPORTED_VERSION,
    apiKeys: advertisedApis.filter(({ apiKey }) => apiKey === ApiKey.API_VERSIONS),
  };
  return { parts: encodeResponse(ApiKey.API_VERSIONS, 0, correlationId, body), release: null };
}
