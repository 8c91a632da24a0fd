import type { ChaosPublisher } from "./publisher.ts";
import type { ChaosSubscriber } from "./subscriber.ts";

/** How long everyone has to come to the head once all is well, in milliseconds. */
const CONVERGENCE = 45_000;

/** Publishes an event to each topic, and gives everyone the time to get there. The checker says who did not. */
export async function converge(
  subscribers: readonly ChaosSubscriber[],
  publisher: ChaosPublisher,
  topics: readonly string[],
): Promise<void> {
  const head = await publisher.publish(topics.map((topic) => [topic]));
  const end = performance.now() + CONVERGENCE;
  const isThere = ({ live, lastEventId }: ChaosSubscriber): boolean => live && lastEventId === head;
  while (performance.now() < end && !subscribers.every(isThere))
    await new Promise((resolve) => setTimeout(resolve, 20));
}
