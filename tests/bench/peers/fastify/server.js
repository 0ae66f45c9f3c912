// The endpoint as a careful user of fastify and postgres.js writes it: `node server.js PORT WORKERS`.
'use strict'

const cluster = require('node:cluster')

const POOL_SIZE = 20 // of 5, 10, 20 and 40 the fastest at 256 connections
const [port, workers] = process.argv.slice(2).map(Number)

const nullable = (schema) => ({ ...schema, type: [schema.type, 'null'] })
const text = (schema) => ({ type: 'string', ...schema })
const integer = (minimum, maximum) => ({ type: 'integer', minimum, maximum })
const config = {
  type: 'object',
  additionalProperties: false,
  properties: {
    secure: { type: 'boolean' },
    ignoreTls: { type: 'boolean' },
    requireTls: { type: 'boolean' },
    auth: {
      type: ['object', 'null'],
      additionalProperties: false,
      required: ['user', 'pass'],
      properties: { user: text({ maxLength: 320 }), pass: text({ maxLength: 1024 }) }
    }
  }
}
const body = {
  type: 'object',
  additionalProperties: false,
  properties: {
    name: text({ minLength: 1, maxLength: 255 }),
    hostname: text({ pattern: '^[A-Za-z0-9.:-]+$', maxLength: 253 }),
    port: nullable(integer(1, 65535)),
    status: text({ enum: ['active', 'maintenance', 'disabled', 'paused', 'inactive'] }),
    checkInterval: integer(10, 86400),
    timeoutSeconds: integer(1, 120),
    allowedCheckCountryCodes: { type: ['array', 'null'], items: text({ pattern: '^[A-Za-z]{2}$' }) },
    notificationEmail: nullable(text({ pattern: '^[^@\\s]+@[^@\\s]+$', maxLength: 320 })),
    notificationPhoneNumber: nullable(text({ pattern: '^\\+[1-9][0-9]{1,14}$' })),
    smtpConfig: config
  }
}
const params = { type: 'object', properties: { publicId: text({ format: 'uuid' }) } }
const answered = (schema) => ({ type: 'object', properties: schema })
const answer = answered({
  id: { type: 'integer' },
  organizationId: { type: 'integer' },
  customerId: { type: 'integer' },
  name: text(),
  hostname: text(),
  port: nullable({ type: 'integer' }),
  status: text(),
  checkInterval: { type: 'integer' },
  timeoutSeconds: { type: 'integer' },
  notificationEmail: nullable(text()),
  notificationPhoneNumber: nullable(text()),
  lastCheckedAt: nullable(text()),
  createdAt: text(),
  updatedAt: text(),
  config: { type: 'object', additionalProperties: true },
  smtpConfig: { type: 'object', additionalProperties: true },
  publicId: text(),
  allowedCheckCountryCodes: { type: ['array', 'null'], items: text() }
})

function serve () {
  const { schema, url } = database()
  const sql = require('postgres')({
    ...url,
    max: POOL_SIZE,
    connection: { search_path: schema },
    transform: require('postgres').camel,
    types: { bigint: { to: 20, from: [20], parse: Number, serialize: String } }
  })
  const app = require('fastify')({
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allowUnionTypes: true } }
  })
  app.register(require('@fastify/jwt'), { secret: process.env.JWT_SECRET, verify: { cache: true } })
  app.patch('/api/smtp-monitors/:publicId', {
    schema: { params, body, response: { 200: answer } },
    onRequest: (request) => request.jwtVerify(),
    handler: async (request, reply) => {
      const [row] = await write(sql, request.user.org, request.params.publicId, columns(request.body))
      return row === undefined ? reply.code(404).send({ error: 'Not found' }) : represent(row)
    }
  })
  app.listen({ port })
}

// postgres.js takes a Unix socket as `path`
function database () {
  const url = new URL(process.env.DATABASE_URL.replace('@/', '@localhost/'))
  const schema = url.searchParams.get('options').replace('-csearch_path=', '')
  const path = `${url.searchParams.get('host')}/.s.PGSQL.5432`
  return { schema, url: { path, database: url.pathname.slice(1), username: url.username } }
}

function columns (changes) {
  const { name, hostname, status, ...others } = changes
  if (name !== undefined) others.name = name.trim()
  if (hostname !== undefined) others.hostname = hostname.toLowerCase()
  if (status !== undefined) others.status = status === 'paused' || status === 'inactive' ? 'disabled' : status
  if (changes.allowedCheckCountryCodes?.length === 0) others.allowedCheckCountryCodes = null
  return others
}

function write (sql, organizationId, publicId, changes) {
  if (Object.keys(changes).length === 0) {
    return sql`SELECT * FROM smtp_monitors WHERE organization_id = ${organizationId} AND public_id = ${publicId}`
  }
  return sql`
    UPDATE smtp_monitors
       SET ${sql(changes)}, updated_at = now()
     WHERE organization_id = ${organizationId}
       AND public_id = ${publicId}
    RETURNING *
  `
}

function represent (row) {
  row.lastCheckedAt = row.lastCheckedAt?.toISOString() ?? null
  row.createdAt = row.createdAt.toISOString()
  row.updatedAt = row.updatedAt.toISOString()
  row.config = row.smtpConfig
  return row
}

if (cluster.isPrimary) {
  for (let n = 0; n < workers; n++) cluster.fork()
  process.on('SIGTERM', () => process.exit(0)) // the workers end with their primary
} else {
  serve()
}
