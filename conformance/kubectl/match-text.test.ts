import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mismatch } from './match-text.ts'
import { splitWords } from './split-words.ts'

const table = 'NAME   READY   AGE  \nweb    1/1     2m3s\n'

test('mismatch() takes a table whatever its widths, and fills holes', () => {
  assert.equal(mismatch(table, '\nNAME  READY  AGE\nweb  1/1  <age>\n'), undefined)
  assert.equal(mismatch('pod "a" deleted from x namespace\n', 'pod "a" deleted[[ from x namespace]]'), undefined)
  assert.equal(mismatch('pod "a" deleted\n', 'pod "a" deleted[[ from x namespace]]'), undefined)
  assert.equal(mismatch('a: []\nb: {x.y}', 'a: []\nb: {x.y}'), undefined)
  assert.equal(mismatch('one\ntwo\nthree', 'one\n<lines>\nthree'), undefined)
})

test('mismatch() tells what differs', () => {
  assert.match(mismatch(table, 'NAME  READY  AGE\nweb  0/1  <age>')!, /^is not/)
  assert.match(mismatch(`${table}other`, 'NAME  READY  AGE\nweb  1/1  <age>')!, /^is not/)
  assert.match(mismatch('axb', 'a.b')!, /^is not/)
  assert.match(mismatch(table, [/web/, /db/])!, /^lacks \/db\//)
})

test('splitWords() splits as a shell does', () => {
  assert.deepEqual(splitWords(`a  'b c' "d 'e'" f\\ g h'i'j ''`), ['a', 'b c', "d 'e'", 'f g', 'hij', ''])
  assert.throws(() => splitWords("a 'b"), /never closed/)
})
