export { RingConsumer } from "./ring-consumer.ts";
export { allocateRing, ringPayloadBytesMax } from "./ring-layout.ts";
export { RingProducer } from "./ring-producer.ts";
