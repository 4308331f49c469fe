// Giving way to other work of the thread: messages from the page are read only between tasks.

/** Resolves in a later task, after messages that have already arrived were handled. Not throttled as timers are. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
