import * as z from "zod";

const topicId = z.string().regex(/^[A-Za-z0-9_-]{22}$/);
const count = z.number().int().nonnegative();

/**
 * Everything that can happen to the metadata, as the journal keeps it. A kind, once released, keeps its fields for
 * ever; a new kind comes with a new journal version.
 */
export const metadataOperation = z.discriminatedUnion("type", [
  /** First in every journal: which cluster this is. */
  z.object({ type: z.literal("cluster"), clusterId: z.string().min(1) }),
  z.object({
    type: z.literal("topic-created"),
    name: z.string().min(1),
    topicId,
    partitionCount: count.min(1),
    config: z.record(z.string(), z.string()),
    createdMs: count,
  }),
  z.object({ type: z.literal("topic-config-set"), topicId, config: z.record(z.string(), z.string()) }),
  /** The topic is gone for clients and its name is free; its files are still there. */
  z.object({ type: z.literal("topic-deletion-begun"), topicId }),
  z.object({ type: z.literal("topic-deletion-finished"), topicId }),
  /** Ids below `next` have been handed out. */
  z.object({ type: z.literal("producer-ids-allocated"), next: count }),
]);

export type MetadataOperation = z.output<typeof metadataOperation>;
