import { TwofoldError } from '../../model/errors.ts'

/** The value of an option, and where it was set: a variable of the environment, or a field of the configuration. */
export interface Setting {
  readonly value: string
  readonly place: string
}

/** What a URL of ClickHouse says. */
interface UrlParts {
  /** Scheme, host and port: nothing that is secret. */
  readonly origin: string
  /** `undefined` where the URL names none. */
  readonly user: string | undefined
  readonly password: string | undefined
}

/**
 * Takes user and password out of the URL that names ClickHouse. Behind this point no URL holds a secret, so that it may
 * stand in errors, logs and on the screen.
 *
 * @param user as set beside the URL; `undefined` where it was not
 * @throws OPTION_INVALID for what is no `http://host:port`, and for a user or a password that is set twice, differently
 */
export function separateCredentials(
  url: Setting,
  user: Setting | undefined,
  password: Setting | undefined,
): { clickhouseUrl: string; clickhouseUser?: string; clickhousePassword?: string } {
  const parts = partsOf(url)
  assertSame('user', parts.user, user, url)
  assertSame('password', parts.password, password, url)
  return {
    clickhouseUrl: parts.origin,
    ...(parts.user !== undefined && { clickhouseUser: parts.user }),
    ...(parts.password !== undefined && { clickhousePassword: parts.password }),
  }
}

/** The client would take a path for the database and parameters for settings, and put them before ours. */
function partsOf(setting: Setting): UrlParts {
  const url = URL.canParse(setting.value) ? new URL(setting.value) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '')
    throw invalid(setting, 'is not the URL of a server')
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    throw invalid(setting, 'holds more than a server: a path or parameters')
  return {
    origin: url.origin,
    user: decoded(url.username, setting),
    password: decoded(url.password, setting),
  }
}

function decoded(text: string, setting: Setting): string | undefined {
  if (text === '') return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid(setting, 'has a % in its user or password that does not begin an encoded character')
  }
}

function assertSame(
  what: string,
  inUrl: string | undefined,
  beside: Setting | undefined,
  url: Setting,
): void {
  if (inUrl === undefined || beside === undefined || inUrl === beside.value) return
  throw new TwofoldError('OPTION_INVALID', `${url.place} and ${beside.place} name different ${what}s.`, {
    hint: `Leave the ${what} out of ${url.place}, or do not set ${beside.place}.`,
    details: { place: url.place },
  })
}

/** The value is shown only where it can hold no secret: none stands before an @, or in parameters. */
function invalid({ value, place }: Setting, why: string): TwofoldError {
  const shown = /[@?#]/.test(value) ? 'the value given' : JSON.stringify(value)
  return new TwofoldError(
    'OPTION_INVALID',
    `${place} is ${shown}, which ${why}; expected http://host:8123.`,
    {
      hint: 'Write scheme, host and port. User, password and database are options of their own: CLICKHOUSE_USER, CLICKHOUSE_PASSWORD, CLICKHOUSE_DATABASE.',
      details: { place },
    },
  )
}
