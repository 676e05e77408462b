import { jsonLog, type Log, type LogFields } from '../../core/io/log.ts'

/** A log on standard output: JSON lines, or short ones for people where it is a terminal. */
export function outputLog(layer: string): Log {
  const write = (line: string) => void process.stdout.write(`${line}\n`)
  return process.stdout.isTTY === true ? plainLog(layer, write) : jsonLog(layer, write)
}

/** The log of a command that does a layer's work: warnings and errors alone, on standard error. */
export function commandLog(command: string): Log {
  const log = plainLog(command, line => void process.stderr.write(`${line}\n`))
  return { ...log, info: () => {} }
}

function plainLog(layer: string, write: (line: string) => void): Log {
  const line =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      const facts = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
      write([new Date().toISOString().slice(11, 19), level, `${layer}:`, message, ...facts].join(' '))
    }
  return { info: line('info'), warn: line('warn'), error: line('error') }
}
