/** Plain JavaScript, so that every format can use it. */
export declare function serve(parts: object): void;
