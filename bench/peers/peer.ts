import type { Load } from '../measure.ts'
import type { Target } from '../targets.ts'

/** A server of others that does the same jobs. Whatever it hands out to measure has been asked once and looked at. */
export interface Peer extends Target {
  /** Signs a new account up and in. @returns its "who am I" */
  session(): Promise<Load>
  /** Signs a new account up and in. @returns what keeps that session alive, each request made from the last answer */
  refresh(): Promise<Load>
  /** Signs a new account up. @returns its sign-in */
  login(): Promise<Load>
}
