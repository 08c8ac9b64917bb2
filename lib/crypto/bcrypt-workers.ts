import { Worker } from 'node:worker_threads'

export interface BcryptWorkers {
  compare(password: string, hash: string): Promise<boolean>
  close(): Promise<void>
}

/**
 * Compares bcrypt hashes in worker threads, started at the first use.
 * The hash queue bounds the callers, so there are never more workers than hash slots.
 *
 * @param file  path of bcrypt-worker.mjs
 */
export function createBcryptWorkers(file: string): BcryptWorkers {
  const idle: Worker[] = []
  const all = new Set<Worker>()

  function start(): Worker {
    const worker = new Worker(file)
    worker.unref()
    // Also while it is idle: an error that nobody hears would end the process.
    worker.on('error', () => {
      all.delete(worker)
      const position = idle.indexOf(worker)
      if (position !== -1) idle.splice(position, 1)
    })
    all.add(worker)
    return worker
  }

  return {
    async compare(password, hash) {
      const worker = idle.pop() ?? start()
      try {
        const isRight = await answerOf(worker, { password, hash })
        idle.push(worker)
        return isRight
      } catch (error) {
        all.delete(worker)
        await worker.terminate()
        throw error
      }
    },
    async close() {
      await Promise.all([...all].map((worker) => worker.terminate()))
    },
  }
}

function answerOf(worker: Worker, question: { password: string; hash: string }): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const settle = (conclude: () => void) => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      conclude()
    }
    const onMessage = (isRight: boolean) => settle(() => resolve(isRight))
    const onError = (error: Error) => settle(() => reject(error))
    const onExit = () => settle(() => reject(new Error('a bcrypt worker stopped')))
    worker.on('message', onMessage).on('error', onError).on('exit', onExit)
    worker.postMessage(question)
  })
}
