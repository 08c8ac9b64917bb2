import {
  type DocumentedOperation,
  type OpenApiDocument,
  type Operation,
  operationsOf,
  type Parameter,
} from './openapi-document.ts'

/** What stands in place of the value of a field. */
export type Variables = Readonly<Record<string, string>>

/**
 * The body of the example of an operation, as indented JSON; null when it takes none.
 *
 * @param variables  by the name of the field
 */
export function requestExampleOf(
  { operationId, requestBody }: Operation,
  variables: Variables,
): string | null {
  const example = requestBody?.content['application/json']?.examples?.['request']
  if (!example || !('value' in example)) return null
  const filling = { ...variables, ...ownVariables[operationId] }
  const filled = Object.entries(Object(example.value)).map(([name, value]) => [name, filling[name] ?? value])
  return JSON.stringify(Object.fromEntries(filled), null, 2)
}

const setUp = 'setUpFirstAdministrator'
const fromMessage: Variables = { token: '{{link_token}}' }
const fromProvider: Variables = { code: '{{sign_in_code}}', code_verifier: '{{code_verifier}}' }

/** The administrator is somebody else than who registers. */
const ownVariables: Record<string, Variables> = {
  verifyEmail: fromMessage,
  disownRegistration: fromMessage,
  resetPassword: fromMessage,
  confirmEmailChange: fromMessage,
  undoEmailChange: fromMessage,
  exchangeSocialCode: fromProvider,
  linkSocialCode: { ...fromProvider, password: '{{password}}' },
  connectProvider: { provider: '{{provider}}', password: '{{password}}' },
  [setUp]: { token: '{{setup_key}}', email: '{{admin_email}}', username: '{{admin_username}}' },
}

/** What an operation is of no use without, though it is no required parameter. */
export const queryExamples: Record<string, Variables> = {
  listCapturedMail: { to: '{{email}}', key: '{{inbox_key}}' },
}

/** Path parameters that are not the id of a session. */
export const pathVariables: Record<string, string> = { unlinkIdentity: '{{identity_id}}' }

/** The values of the variables that a reader brings. */
export const readersVariables: Variables = {
  server: 'http://localhost:8000',
  email: 'anna@example.com',
  username: 'anna',
  password: 'a slow green ferry',
  admin_email: 'admin@example.com',
  admin_username: 'admin',
  link_token: 'what stands after token= in the link of a message',
  inbox_key: 'the key of the inbox that the server prints',
  setup_key: 'the key that the server prints while nobody is an administrator',
  provider: 'oidc',
  sign_in_code: 'what stands after code= where a sign-in with a provider led back to',
  code_verifier: 'what the code_challenge of that sign-in was made of',
  identity_id: 'the id of a connected account, as listIdentities names it',
}

export function needsBearer({ security }: Operation): boolean {
  return security.some((requirement) => 'bearer' in requirement)
}

/** What an operation also takes, besides its path and body, and works without. */
export function optionalParametersOf({ parameters = [] }: Operation, place: Parameter['in']): Parameter[] {
  return parameters.filter((parameter) => parameter.in === place && !parameter.required)
}

/** In this order each still works after the one before. */
const last = ['changePassword', 'endSession', 'logout']

/** Each needs something of its own: a link, a key, or another sign-in. */
const apart = [
  ...Object.keys(ownVariables),
  ...Object.keys(queryExamples),
  'unlinkIdentity',
  'deleteMyAccount',
]

export function standsApart({ operationId }: Operation): boolean {
  return apart.includes(operationId)
}

/** The operations in an order in which they can be sent one after the other; those apart come last. */
export function inOrderOfUse(document: OpenApiDocument): DocumentedOperation[] {
  const order = [...last, ...apart]
  const placeOf = ({ operation }: DocumentedOperation) => order.indexOf(operation.operationId)
  // What browsers are led through is nothing to send by hand.
  const sendable = operationsOf(document).filter(({ operation }) => !operation.tags.includes('browser'))
  return sendable.toSorted((a, b) => placeOf(a) - placeOf(b))
}
