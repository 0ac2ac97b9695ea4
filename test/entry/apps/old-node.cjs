// Makes this Node call itself older, for machines that have no older one.
Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.11.0' } });
