// A list of ids among the parameters of the address: a copied address chooses the same.

import { useSearchParams } from 'wouter';

/**
 * @param name of the parameter.
 * @returns what it lists, null where the address has none; and a way to change it that leaves no step to go back to.
 */
export function useAddressList(name: string): [readonly string[] | null, (ids: readonly string[]) => void] {
  const [params, setParams] = useSearchParams();
  const ids = params.get(name)?.split(',').filter(Boolean) ?? null;
  const choose = (next: readonly string[]): void =>
    setParams(
      (before) => {
        const changed = new URLSearchParams(before);
        changed.set(name, next.join(','));
        return changed;
      },
      { replace: true },
    );
  return [ids, choose];
}
