// What the runner tells people goes to standard error; standard output is for programs.

export const say = (line: string): void => void process.stderr.write(`${line}\n`);
