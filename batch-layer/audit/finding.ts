import { TwofoldError } from '../../core/model/errors.ts'

/** Something wrong: what and where, what it means for answers, and what mends it. Plain data. */
export interface Finding {
  readonly code: string
  /** What is wrong, and where. */
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
  /** True where answers that are given now are wrong, or are refused. */
  readonly answersAffected: boolean
  /** The view and the generation whose answers they are; `undefined` where none are. */
  readonly view: string | undefined
  readonly generation: number | undefined
  /** The command that mends it; `undefined` where none can. */
  readonly repair: string | undefined
  /** What to do, and what it means not to. */
  readonly hint: string
}

/** What is said of a finding beside what went wrong. */
export type Judgement = Pick<Finding, 'hint'> & Partial<Pick<Finding, 'view' | 'generation' | 'repair'>>

/** A finding by which no answer is affected. */
export function harmless(
  fault: Pick<Finding, 'code' | 'message' | 'details'>,
  judgement: Judgement,
): Finding {
  return findingOf(fault, false, judgement)
}

/** A finding by which answers are wrong or refused. */
export function harmful(fault: Pick<Finding, 'code' | 'message' | 'details'>, judgement: Judgement): Finding {
  return findingOf(fault, true, judgement)
}

function findingOf(
  { code, message, details }: Pick<Finding, 'code' | 'message' | 'details'>,
  answersAffected: boolean,
  { view, generation, repair, hint }: Judgement,
): Finding {
  return { code, message, details, answersAffected, view, generation, repair, hint }
}

/** Goes on where a check itself is refused: what it was refused with is a finding; anything else is a fault. */
export async function guarded(
  findings: Finding[],
  check: () => Promise<void>,
  judge: (error: TwofoldError) => Finding,
): Promise<void> {
  try {
    await check()
  } catch (error) {
    if (!(error instanceof TwofoldError) || STOPS.has(error.code)) throw error
    findings.push(judge(error))
  }
}

/** Without these servers nothing can be said of anything. */
const STOPS: ReadonlySet<string> = new Set(['CLICKHOUSE_UNAVAILABLE', 'KAFKA_UNAVAILABLE'])
