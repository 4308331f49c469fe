// Giving way to other work of the thread: messages from the page are read only between tasks.

/** Resolves in a later task, after messages that have already arrived were handled. Not throttled as timers are. */
export function yieldToEventLoop(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const channel = new MessageChannel();
  channel.port1.onmessage = () => {
    channel.port1.close();
    resolve();
  };
  channel.port2.postMessage(null);
  return promise;
}
