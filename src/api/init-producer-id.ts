import type { ApiKey } from "../protocol/api-keys.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { RequestOf, ResponseInputOf } from "../protocol/messages.ts";
import { CLUSTER_NAME } from "./authorizer.ts";
import { type Reply, type RequestContext, reply } from "./request-context.ts";

type Request = RequestOf<typeof ApiKey.INIT_PRODUCER_ID>;
type Body = ResponseInputOf<typeof ApiKey.INIT_PRODUCER_ID>;

/**
 * An identity for an idempotent producer: always a fresh id with epoch 0, as in Kafka, also for a producer that brings
 * the id and epoch it had. Sequence checks live in the log.
 */
export async function initProducerId(request: Request, context: RequestContext): Promise<Reply<Body>> {
  const { producerIds, authorizer } = context.services;
  if (request.transactionalId !== null) return failed(transactionError(request.transactionalId));
  if (!authorizer(context.peer, "idempotent-write", "cluster", CLUSTER_NAME)) {
    return failed(ErrorCode.CLUSTER_AUTHORIZATION_FAILED);
  }
  if ((request.producerId === -1) !== (request.producerEpoch === -1))
    return failed(ErrorCode.INVALID_REQUEST);

  const producerId = await producerIds.next();
  // The one error that every client takes as "try again" here.
  if (producerId === null) return failed(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  return reply({ errorCode: ErrorCode.NONE, producerId, producerEpoch: 0 });
}

/**
 * There are no transactions yet. Retriable coordinator errors would let a producer spin until its timeout, and an
 * authorization error would send its owner looking for ACLs: UNSUPPORTED_VERSION fails it at once, by its right name.
 */
function transactionError(transactionalId: string): ErrorCode {
  return transactionalId === "" ? ErrorCode.INVALID_REQUEST : ErrorCode.UNSUPPORTED_VERSION;
}

function failed(errorCode: ErrorCode): Reply<Body> {
  return reply({ errorCode, producerId: -1, producerEpoch: -1 });
}
