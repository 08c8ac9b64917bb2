import type { CSSProperties, ReactNode } from 'react'
import { Button, Link, Section, Text } from 'react-email'
import type { Occasion } from '#lib/mail/mail-templates.ts'
import { light, monoFamily } from './theme.ts'

/** A table of one cell: the box that every mail program draws, with a class that the style sheet can reach. */
export function Cell({ className, style, children }: CellProps) {
  return (
    <table role="presentation" width="100%" cellPadding={0} cellSpacing={0} border={0} style={boxTable}>
      <tbody>
        <tr>
          <td className={className} style={style}>
            {children}
          </td>
        </tr>
      </tbody>
    </table>
  )
}

interface CellProps {
  className: string
  style: CSSProperties
  children: ReactNode
}

const boxTable = { borderCollapse: 'separate' as const }

export function Paragraph({ children }: { children: ReactNode }) {
  return (
    <Text className="text" style={paragraph}>
      {children}
    </Text>
  )
}

/** The button, and the same address to copy where buttons do not work. */
export function Action({ href, label, showsAddress = false }: ActionProps) {
  return (
    <>
      <Section style={{ margin: '24px 0' }}>
        <Button className="button" href={href} style={button}>
          {label}
        </Button>
      </Section>
      {showsAddress && (
        <Text className="quiet" style={small} data-skip-in-text={true}>
          If the button does not work, copy this address into your browser:
          <br />
          <Link className="link" href={href} style={address}>
            {href}
          </Link>
        </Text>
      )}
    </>
  )
}

interface ActionProps {
  href: string
  label: string
  showsAddress?: boolean
}

/** For another device than the one that reads the message. */
export function Code({ code }: { code: string }) {
  return (
    <>
      <Text className="quiet" style={{ ...small, marginBottom: '8px' }}>
        Or enter this code, within ten minutes:
      </Text>
      <Cell className="box" style={box}>
        <Text className="text" style={codeText}>
          {code}
        </Text>
      </Cell>
      <Gap />
    </>
  )
}

/** When, from which device and from which address. */
export function Facts({ at, device, address: from }: Occasion) {
  const rows = [
    ['When', timeInWords(at)],
    ['Device', device ?? 'not known'],
    ['Address', from ?? 'not known'],
  ] as const
  return (
    <Cell className="box" style={box}>
      {rows.map(([term, value]) => (
        <Text key={term} className="text" style={fact}>
          <span className="quiet" style={factTerm}>{`${term}: `}</span>
          <span style={factValue}>{value}</span>
        </Text>
      ))}
    </Cell>
  )
}

/** Margins of tables are not for every mail program. */
function Gap() {
  return (
    <div data-skip-in-text={true} style={{ height: '20px', lineHeight: '20px' }}>
      &#8202;
    </div>
  )
}

/** What to do if it was somebody else. */
export function NotYou({ children }: { children: ReactNode }) {
  return (
    <>
      <Gap />
      <Cell className="warning" style={warning}>
        <Text className="warning" style={warningText}>
          <strong>Not you?</strong> {children}
        </Text>
      </Cell>
    </>
  )
}

export function TextLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Link className="link" href={href} style={{ color: light.link, textDecoration: 'underline' }}>
      {children}
    </Link>
  )
}

export function WarningLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Link href={href} style={{ color: light.warningText, textDecoration: 'underline' }}>
      {children}
    </Link>
  )
}

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** `22 November 2026, 09:05 UTC`: a mail does not know where its reader is. */
export function timeInWords(iso: string): string {
  const time = new Date(iso)
  if (Number.isNaN(time.getTime())) throw new TypeError('a message needs a time')
  const clock = iso.slice(11, 16)
  return `${time.getUTCDate()} ${months[time.getUTCMonth()]} ${time.getUTCFullYear()}, ${clock} UTC`
}

const paragraph = { color: light.foreground, fontSize: '16px', lineHeight: '25px', margin: '0 0 16px' }
const small = { color: light.mutedForeground, fontSize: '14px', lineHeight: '21px', margin: '0 0 16px' }
const address = { color: light.link, wordBreak: 'break-all' as const, fontSize: '13px' }
const button = {
  backgroundColor: light.primary,
  color: light.primaryForeground,
  borderRadius: '8px',
  fontSize: '16px',
  fontWeight: 600,
  lineHeight: '24px',
  padding: '12px 24px',
}
const box = { backgroundColor: light.muted, borderRadius: '8px', padding: '14px 20px' }
const codeText = {
  color: light.foreground,
  fontFamily: monoFamily,
  fontSize: '28px',
  lineHeight: '36px',
  fontWeight: 600,
  letterSpacing: '6px',
  textAlign: 'center' as const,
  margin: 0,
}
const fact = { color: light.foreground, fontSize: '15px', lineHeight: '24px', margin: 0 }
const factTerm = { color: light.mutedForeground }
const factValue = { fontWeight: 600, wordBreak: 'break-word' as const }
const warning = {
  backgroundColor: light.warningSurface,
  borderRadius: '8px',
  padding: '14px 20px',
}
const warningText = {
  backgroundColor: light.warningSurface,
  color: light.warningText,
  fontSize: '15px',
  lineHeight: '23px',
  margin: 0,
}
