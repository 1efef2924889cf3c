import type { ApiKey } from "../protocol/api-keys.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { RequestOf, ResponseInputOf } from "../protocol/messages.ts";
import { type Reply, type RequestContext, reply } from "./request-context.ts";

type Body = ResponseInputOf<typeof ApiKey.API_VERSIONS>;

/** A range that ApiVersions tells clients about. */
export type AdvertisedApi = Body["apiKeys"][number];

/** The first version that names the client's software. */
const NAMES_CLIENT_SOFTWARE = 3;
/** Source: `ApiVersionsRequest.java`. */
const SOFTWARE_NAME_OR_VERSION = /^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?$/;

/** Answers ApiVersions from the table of what is served. */
export function apiVersions(
  request: RequestOf<typeof ApiKey.API_VERSIONS>,
  context: Pick<RequestContext, "apiVersion">,
  advertised: readonly AdvertisedApi[],
): Reply<Body> {
  const namesSoftware = context.apiVersion >= NAMES_CLIENT_SOFTWARE;
  const isNameValid =
    SOFTWARE_NAME_OR_VERSION.test(request.clientSoftwareName) &&
    SOFTWARE_NAME_OR_VERSION.test(request.clientSoftwareVersion);
  if (namesSoftware && !isNameValid) return reply({ errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [] });
  return reply({ errorCode: ErrorCode.NONE, apiKeys: advertised });
}
