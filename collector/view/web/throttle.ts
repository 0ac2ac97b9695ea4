/** Turns a burst of events into few runs of one task, which never overlap. */

/** A task that can be asked for as often as one likes. */
export interface Throttled {
  /** Runs at once when the last run is long enough ago, else once after the pause. */
  request(): void;
  /** No run starts any more. */
  stop(): void;
}

/** @param pauseMs - Least pause after a run; three times the run's own length when that is more, so that a slow answer is not asked for all the time. */
export function throttled(task: () => Promise<void>, pauseMs: number): Throttled {
  let state: 'idle' | 'busy' | 'busy-again' | 'stopped' = 'idle';
  let timer: ReturnType<typeof setTimeout> | undefined;

  const settle = (): void => {
    if (state === 'busy-again') {
      state = 'idle';
      start();
    } else if (state === 'busy') state = 'idle';
  };
  const start = (): void => {
    state = 'busy';
    const startedMs = performance.now();
    void task().finally(() => {
      timer = setTimeout(settle, Math.max(pauseMs, 3 * (performance.now() - startedMs)));
    });
  };
  return {
    request(): void {
      if (state === 'idle') start();
      else if (state === 'busy') state = 'busy-again';
    },
    stop(): void {
      state = 'stopped';
      clearTimeout(timer);
    },
  };
}
