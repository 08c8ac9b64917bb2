import type { Runtime } from './runtime.ts'

/** Next bundles copies of our modules; the runtime must be one for the process, so it hangs on the process itself. */
const place = Symbol.for('session-management.runtime')
const shared = globalThis as { [place]?: Promise<Runtime> }

/** Makes the runtime known to every copy of this module, also before it is ready. */
export function shareRuntime(runtime: Promise<Runtime>): void {
  shared[place] = runtime
}

/** True once a runtime was shared: then nobody may make another one. */
export function hasRuntime(): boolean {
  return shared[place] !== undefined
}

/** The runtime of this process. @throws Error when nobody made one, which is a fault of the way of serving */
export function processRuntime(): Promise<Runtime> {
  return shared[place] ?? Promise.reject(new Error('this process has no runtime'))
}
