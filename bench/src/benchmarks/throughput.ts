/** What a transfer of many bytes yields: gigabytes (10^9 bytes) per second and the server's processor seconds per GB. */
export function throughput(transfer: { bytes: number; seconds: number; cpuSeconds: number }) {
  const gigabytes = transfer.bytes / 1e9;
  return { rate: gigabytes / transfer.seconds, cpu: transfer.cpuSeconds / gigabytes };
}
