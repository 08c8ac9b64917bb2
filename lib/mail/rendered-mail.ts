/** A message as it is read. */
export interface RenderedMail {
  subject: string
  html: string
  text: string
}
