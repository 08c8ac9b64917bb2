import { type Query, titleFor } from '../../current.ts'
import { LinkedChange, type LinkedChangeWords } from '../linked-change.tsx'

export const generateMetadata = () => titleFor('/change-email/undo', 'Undo the change of address')

const words: LinkedChangeWords = {
  purpose: 'undo_email_change',
  page: '/change-email/undo',
  title: 'Undo the change of address',
  explanation:
    'Your account gets its old address back, every device is signed out, and the password stops working: whoever made the change knew it. We then send you a link to a new one.',
  label: 'Undo the change',
  pendingLabel: 'Undoing…',
  done: {
    title: 'You have your address back',
    text: 'Every device is signed out. Open the link that we just sent you, and set a new password.',
    href: '/forgot',
    label: 'No message?',
  },
}

export default function UndoEmailChangePage({ searchParams }: { searchParams: Query }) {
  return <LinkedChange words={words} searchParams={searchParams} />
}
