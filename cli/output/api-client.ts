import { ERRORS, type ErrorCode, TwofoldError } from '../../core/model/errors.ts'

const TIMEOUT_MS = 120_000

/**
 * The text that the HTTP API answers to a GET. What the API calls an error is raised here as that error.
 * @throws API_UNREACHABLE where nothing answers at `apiUrl`
 */
export async function getText(apiUrl: string, path: string, timeoutMs = TIMEOUT_MS): Promise<string> {
  const response = await send(apiUrl, path, timeoutMs)
  const text = await response.text()
  if (response.ok) return text
  throw apiError(response.status, text, `${apiUrl}${path}`)
}

async function send(apiUrl: string, path: string, timeoutMs: number): Promise<Response> {
  try {
    return await fetch(`${apiUrl}${path}`, { signal: AbortSignal.timeout(timeoutMs) })
  } catch (cause) {
    const inner = (cause as Error).cause as NodeJS.ErrnoException | undefined
    const reason = inner?.code ?? inner?.message ?? (cause as Error).message
    throw new TwofoldError('API_UNREACHABLE', `No answer from the HTTP API at ${apiUrl}: ${reason}.`, {
      details: { apiUrl, reason },
      cause,
    })
  }
}

function apiError(status: number, text: string, url: string): TwofoldError {
  try {
    const { code, message, hint, details } = (
      JSON.parse(text) as { error: { code: ErrorCode; message: string; hint: string; details: object } }
    ).error
    if (Object.hasOwn(ERRORS, code)) return new TwofoldError(code, message, { hint, details: { ...details } })
  } catch {
    // Something else answers at this address: the error below says so.
  }
  return new TwofoldError('API_FAILED', `${url} answered ${status}: ${text.slice(0, 200)}`, {
    details: { status },
  })
}
