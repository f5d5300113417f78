// The symbol index of an archive as GNU ar writes it (bfd/archive.c): big-endian, a count and as many offsets of members,
// then as many names, each with a NUL.

/**
 * Reads an index of `size` bytes whose members come in their order, as they do. Writes for each symbol the offset of its
 * name in the index to `names` and the number of its member to `members`, and the offset of each member to `headers`.
 * Returns how many members there are; -1 if the index is anything else.
 */
export function readIndex(index: usize, size: u32, names: usize, members: usize, headers: usize): i32 {
  const count = bswap(load<u32>(index, 0, 1))
  let name: u32 = 4 + 4 * count
  let last: u32 = 0
  let member: i32 = -1
  for (let i: u32 = 0; i < count; i++) {
    const offset = bswap(load<u32>(index + 4 * i, 4, 1))
    if (offset < last) return -1
    if (offset !== last) store<u32>(headers + 4 * ++member, offset)
    last = offset
    store<u32>(members + 4 * i, member)
    store<u32>(names + 4 * i, name)
    while (name < size && load<u8>(index + name) !== 0) name++
    if (name++ >= size) return -1
  }
  return member + 1
}

/** How many symbols an index of `size` bytes has, -1 if it has no room for them. */
export function countIndexed(index: usize, size: u32): i32 {
  if (size < 4) return -1
  const count = bswap(load<u32>(index, 0, 1))
  return count <= size / 4 - 1 ? i32(count) : -1
}
