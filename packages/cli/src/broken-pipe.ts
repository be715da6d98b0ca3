/** What a shell sees of a program that was ended because nobody reads its output any longer, as behind `| head`. */
export const BROKEN_PIPE = 128 + 13;
