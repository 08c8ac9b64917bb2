/** What is here already, or is still to come. A refusal is thrown in the first case and rejects in the second. */
export type MaybePromise<Value> = Value | Promise<Value>

/**
 * Goes on with a value: in the same turn when it is here already. What memory can answer is answered without a promise,
 * each of which costs a request more than most of its steps do.
 */
export function inTurn<Value, Result>(
  value: MaybePromise<Value>,
  goOn: (value: Value) => MaybePromise<Result>,
): MaybePromise<Result> {
  return value instanceof Promise ? value.then(goOn) : goOn(value)
}
