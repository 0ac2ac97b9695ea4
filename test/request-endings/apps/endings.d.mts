/** By path, without the query; each gets the request and its response, or the connection of an upgrade. */
export declare const endings: Readonly<Record<string, unknown>>;
export declare function listen(told: (port: number) => void): void;
