import type { ReactNode } from 'react'
import { Body, Container, Head, Heading, Hr, Html, Preview, Text } from 'react-email'
import { Cell } from './mail-parts.tsx'
import { brand, brandForeground, fontFamily, light, styleSheet } from './theme.ts'

interface FrameProps {
  appName: string
  /** What a mailbox shows beside the subject. */
  preview: string
  heading: string
  /** Why this person got the message. */
  reason: string
  children: ReactNode
}

/** What all messages share: the page, the card, the name of the product, and why it was sent. */
export function MailFrame({ appName, preview, heading, reason, children }: FrameProps) {
  return (
    <Html lang="en" dir="ltr">
      <Head>
        <meta name="color-scheme" content="light dark" />
        <meta name="supported-color-schemes" content="light dark" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{heading}</title>

        <style>{styleSheet}</style>
      </Head>
      <Body className="ground" style={ground}>
        <Preview>{preview}</Preview>
        <Cell className="page ground" style={page}>
          <Container style={container}>
            <Cell className="card" style={card}>
              <Masthead appName={appName} />
              <Heading as="h1" className="text" style={headingStyle}>
                {heading}
              </Heading>
              {children}
              <Hr className="line" style={rule} />
              <Text className="quiet" style={reasonStyle}>
                {reason}
              </Text>
            </Cell>
          </Container>
        </Cell>
      </Body>
    </Html>
  )
}

/** The mark is text, so that it is there while pictures are not shown. */
function Masthead({ appName }: { appName: string }) {
  return (
    <table role="presentation" cellPadding={0} cellSpacing={0} border={0} style={{ marginBottom: '28px' }}>
      <tbody>
        <tr>
          <td data-skip-in-text={true} aria-hidden="true" style={mark}>
            {[...appName][0]?.toUpperCase()}
          </td>
          <td className="text" style={name}>
            {appName}
          </td>
        </tr>
      </tbody>
    </table>
  )
}

const ground = { backgroundColor: light.background, fontFamily, margin: 0, padding: 0 }
const page = { ...ground, padding: '32px 16px' }
const container = { maxWidth: '560px', margin: '0 auto' }
const card = {
  backgroundColor: light.card,
  border: `1px solid ${light.border}`,
  borderRadius: '12px',
  padding: '36px 40px',
}
const mark = {
  width: '32px',
  height: '32px',
  borderRadius: '8px',
  backgroundColor: brand,
  color: brandForeground,
  fontSize: '17px',
  fontWeight: 700,
  lineHeight: '32px',
  textAlign: 'center' as const,
}
const name = { paddingLeft: '12px', color: light.foreground, fontSize: '16px', fontWeight: 600 }
const headingStyle = {
  color: light.foreground,
  fontSize: '24px',
  lineHeight: '31px',
  fontWeight: 700,
  margin: '0 0 12px',
}
const rule = { borderColor: light.border, margin: '28px 0 16px' }
const reasonStyle = { color: light.mutedForeground, fontSize: '13px', lineHeight: '20px', margin: 0 }
