import type { ApiKey } from "../protocol/api-keys.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { RequestOf, ResponseInputOf } from "../protocol/messages.ts";
import { ALL_CLUSTER_OPERATIONS } from "./authorized-operations.ts";
import { brokerAddress } from "./broker-address.ts";
import { type Reply, type RequestContext, reply } from "./request-context.ts";

type Request = RequestOf<typeof ApiKey.DESCRIBE_CLUSTER>;
type Body = ResponseInputOf<typeof ApiKey.DESCRIBE_CLUSTER>;

/** Endpoint types (KIP-919). */
const BROKERS = 1;
const CONTROLLERS = 2;

/** The cluster: this one broker, which is its own controller. */
export function describeCluster(request: Request, { services, peer }: RequestContext): Reply<Body> {
  const { config, clusterId } = services;
  const cluster = { throttleTimeMs: 0, clusterId, controllerId: config.nodeId };
  if (request.endpointType !== BROKERS) {
    const isKnown = request.endpointType === CONTROLLERS;
    const errorCode = isKnown ? ErrorCode.MISMATCHED_ENDPOINT_TYPE : ErrorCode.UNSUPPORTED_ENDPOINT_TYPE;
    const errorMessage = `endpoint type ${request.endpointType} is not served here: this listener is a broker's (1)`;
    return reply({ ...cluster, errorCode, errorMessage, brokers: [] });
  }
  const { host, port } = brokerAddress(config.advertisedListeners, peer);
  return reply({
    ...cluster,
    errorCode: ErrorCode.NONE,
    brokers: [{ brokerId: config.nodeId, host, port, rack: config.rack }],
    ...(request.includeClusterAuthorizedOperations && {
      clusterAuthorizedOperations: ALL_CLUSTER_OPERATIONS,
    }),
  });
}
