import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import { handleErrors } from '../../../../core/io/http/error-handler.ts'
import { frontPageRoute } from '../../../../serving/http/front-page.ts'

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'

async function ask(accept: string | undefined) {
  const server = fastify()
  handleErrors(server, () => {})
  const page = { version: '1.2.3', viewNames: ['sales_by_minute'], topics: ['<clicks>'] }
  await server.register(frontPageRoute, page)
  return server.inject({ url: '/', headers: accept === undefined ? {} : { accept } })
}

test('a browser that opens the address sees what it is, with links, and nothing from elsewhere', async () => {
  const { statusCode, headers, body } = await ask(BROWSER)
  expect(statusCode).toBe(200)
  expect(headers['content-type']).toBe('text/html; charset=utf-8')
  for (const path of ['/v1/status', '/v1/views', '/v1/openapi.json', '/v1/views/sales_by_minute'])
    expect(body).toContain(`href="${path}"`)
  expect(body).toContain('&lt;clicks&gt;')
  expect(body).not.toMatch(/https?:|<script|<img/)
})

test.each([undefined, '*/*', 'application/json', 'application/json, text/html;q=0.5', 'text/html;q=0'])(
  'who asks for %s hears in JSON that there is no such route',
  async accept => {
    const answer = await ask(accept)
    expect(answer.statusCode).toBe(404)
    expect(answer.json()).toMatchObject({ error: { code: 'ROUTE_UNKNOWN' } })
  },
)
