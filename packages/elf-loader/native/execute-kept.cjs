// What the Node form does first: a program without options whose plan is kept is executed, and nothing more is loaded.
{
  const program = process.argv[2]
  if (program !== undefined && program[0] !== '-') {
    try {
      const addon = { exports: {} }
      process.dlopen(addon, `${__dirname}/native/addon.node`)
      const command = __filename.slice(__dirname.length + 1, -'.cjs'.length)
      addon.exports.executeKept(__dirname, command, process.argv.length - 2)
    } catch {
      // Without natives the bundle says what is missing.
    }
  }
}
