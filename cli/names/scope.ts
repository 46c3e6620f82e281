/** What a listing is limited to, as the API's query: `-n shop`, `--service web`, or both in `--service shop/web`. */
export function scopeOf(
  namespace: string | undefined,
  service: string | undefined,
): { namespace?: string; service?: string } {
  const slash = service?.indexOf("/") ?? -1;
  if (service !== undefined && slash >= 0)
    return { namespace: service.slice(0, slash), service: service.slice(slash + 1) };
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(service === undefined ? {} : { service }),
  };
}
