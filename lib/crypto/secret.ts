import { inspect } from 'node:util'

const mask = '[secret]'

/** A value that cannot be printed by accident: every conversion to text gives "[secret]". */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself. Each call is a place to review. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return mask
  }

  toJSON(): string {
    return mask
  }

  [inspect.custom](): string {
    return mask
  }
}
