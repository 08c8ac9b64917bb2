import type { AccountForSignIn } from '#db/queries/identities.ts'
import type { Config } from '#lib/config/config.ts'
import type { ProblemCode } from '#lib/problems.ts'
import type { ProvenIdentity } from './proven-identity.ts'

export type IdentityVerdict =
  /** `restores`: its owner deleted it a while ago. */
  | { kind: 'sign_in'; account: AccountForSignIn; restores: boolean }
  /** Nobody has the identity, nor its address. */
  | { kind: 'create' }
  /** Somebody made an account with the address and never proved it: it goes to who has. */
  | { kind: 'claim'; account: AccountForSignIn }
  | { kind: 'refused'; code: ProblemCode; because: string }

export interface IdentityFacts {
  identity: Pick<ProvenIdentity, 'email' | 'isEmailVerified'>
  /** Whose identity it is; null for nobody's. */
  owner: AccountForSignIn | null
  /** Who has the address that the provider names; null for nobody. Asked only where the owner is null. */
  addressee: AccountForSignIn | null
  rules: Pick<Config, 'registration' | 'emailVerification'>
}

/** Decides what an identity earns that a provider has proven. An address alone never opens an account that is proven. */
export function judgeIdentity({ identity, owner, addressee, rules }: IdentityFacts): IdentityVerdict {
  if (owner) return judgeOwner(owner, rules)
  if (identity.email === null || !identity.isEmailVerified) {
    return refused('provider_email_unverified', 'no address that the provider has verified')
  }
  if (!addressee) {
    return rules.registration === 'open'
      ? { kind: 'create' }
      : refused('registration_closed', `registration is ${rules.registration}`)
  }
  if (isClosed(addressee)) return refused('account_disabled', `user ${addressee.id} has the address`)
  if (addressee.emailVerifiedAt) return refused('account_exists', `user ${addressee.id} has the address`)
  return { kind: 'claim', account: addressee }
}

function judgeOwner(owner: AccountForSignIn, rules: IdentityFacts['rules']): IdentityVerdict {
  if (isClosed(owner)) return refused('account_disabled', `user ${owner.id}`)
  if (rules.emailVerification === 'required' && !owner.emailVerifiedAt) {
    return refused('email_not_verified', `user ${owner.id}`)
  }
  return { kind: 'sign_in', account: owner, restores: owner.deletedAt !== null }
}

function isClosed({ disabledAt, deletedAt, mayRestore }: AccountForSignIn): boolean {
  return disabledAt !== null || (deletedAt !== null && !mayRestore)
}

function refused(code: ProblemCode, because: string): IdentityVerdict {
  return { kind: 'refused', code, because }
}
