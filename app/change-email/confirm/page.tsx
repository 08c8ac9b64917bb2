import { type Query, titleFor } from '../../current.ts'
import { LinkedChange, type LinkedChangeWords } from '../linked-change.tsx'

export const generateMetadata = () => titleFor('/change-email/confirm', 'Confirm your new address')

const words: LinkedChangeWords = {
  purpose: 'change_email',
  page: '/change-email/confirm',
  title: 'Confirm your new address',
  explanation: 'Your account gets this address. Sign in with it from then on.',
  label: 'Change my address',
  pendingLabel: 'Changing…',
  done: {
    title: 'Your address is changed',
    text: 'We told the old address, which can undo this for 7 days.',
    href: '/account',
    label: 'Your account',
  },
}

export default function ConfirmEmailChangePage({ searchParams }: { searchParams: Query }) {
  return <LinkedChange words={words} searchParams={searchParams} />
}
