import type { FastifyInstance } from 'fastify'

export interface FrontPage {
  readonly version: string
  readonly viewNames: readonly string[]
  readonly topics: readonly string[]
}

/** Nothing of the page comes from elsewhere, and nothing in it runs. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'"

/** `GET /` for who opens the address in a browser. Anybody else hears that there is no such route, as JSON. */
export async function frontPageRoute(server: FastifyInstance, page: FrontPage): Promise<void> {
  const html = frontPageHtml(page)
  server.get('/', { schema: { hide: true } }, async (request, reply) => {
    if (!prefersHtml(request.headers.accept)) {
      reply.callNotFound()
      return reply
    }
    return reply.type('text/html; charset=utf-8').header('content-security-policy', POLICY).send(html)
  })
}

/** Browsers name HTML; other clients take anything, or JSON. */
export function prefersHtml(accept = ''): boolean {
  return weightOf('text/html', accept) > weightOf('application/json', accept)
}

function weightOf(type: string, accept: string): number {
  for (const range of accept.split(',')) {
    const [name = '', ...parameters] = range.split(';').map(part => part.trim().toLowerCase())
    if (name !== type) continue
    const weight = Number(parameters.find(parameter => parameter.startsWith('q='))?.slice(2) ?? 1)
    return weight >= 0 && weight <= 1 ? weight : 0
  }
  return 0
}

function frontPageHtml({ version, viewNames, topics }: FrontPage): string {
  const views = viewNames.map(name => link(`/v1/views/${encodeURIComponent(name)}`, name))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Twofold</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem } code { font-size: 0.9em }</style>
</head>
<body>
<h1>Twofold ${escaped(version)}</h1>
<p>Exact and fresh answers over streams of events. This is the address of the HTTP API, which speaks JSON.</p>
<ul>
<li>${link('/v1/status', 'Status')}: streams, layers, jobs, and how fresh answers are</li>
<li>${link('/v1/views', 'Views')}: what can be asked, with types</li>
<li>${link('/v1/openapi.json', 'OpenAPI')}: every route</li>
<li>${link('/readyz', 'Readiness')}</li>
</ul>
<p>Views, each with the answer to a first question: ${views.join(', ') || 'none'}</p>
<p>Streams: ${topics.map(topic => `<code>${escaped(topic)}</code>`).join(', ')}</p>
<p><code>twofold status</code> and <code>twofold query</code> show the same in a terminal.</p>
</body>
</html>
`
}

function link(path: string, text: string): string {
  return `<a href="${escaped(path)}">${escaped(text)}</a>`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, character => ENTITIES[character]!)
}
