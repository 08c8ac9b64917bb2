import type { RootKeys } from '#lib/crypto/root-keys.ts'
import type { Secret } from '#lib/crypto/secret.ts'
import {
  makeSessionCredential,
  type ReadSessionCredential,
  readSessionCredential,
  type SessionCredentialClaims,
} from '#lib/crypto/session-credential.ts'
import type { MaybePromise } from '#lib/runtime/in-turn.ts'
import { rememberVerified } from './remember-verified.ts'

/** Makes and verifies the values of session cookies. */
export interface SessionCredentials {
  issue(claims: SessionCredentialClaims): Secret
  read(presented: string, now: Date): MaybePromise<ReadSessionCredential>
}

/** Remembers what verified (remember-verified.ts), by the digest of the value. */
export function createSessionCredentials(roots: RootKeys): SessionCredentials {
  return {
    issue: (claims) => makeSessionCredential(roots, claims),
    read: rememberVerified((presented, now) => readSessionCredential(presented, roots, now)),
  }
}
