import type { Worker } from "node:worker_threads";

const AGAIN_MS = 20;

/**
 * Ends a thread in the middle of a simulation; resolves when it is gone. Once is not enough: where the
 * simulator lets promise reactions run, the engine ends those and lets the simulation go on.
 */
export async function endThread(worker: Worker): Promise<void> {
  worker.setMaxListeners(0);
  const again = setInterval(() => void worker.terminate(), AGAIN_MS);
  try {
    await worker.terminate();
  } finally {
    clearInterval(again);
  }
}
