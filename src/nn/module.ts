// A tree of layers whose parameters have PyTorch's dotted names, in the order of `named_parameters()`.

import type { Parameter } from './parameter.ts';

export abstract class Module {
  readonly #parameters = new Map<string, Parameter>();
  readonly #children = new Map<string, Module>();

  /** Registers a parameter under its name in this layer; order of registration is order of listing. */
  protected parameter(name: string, parameter: Parameter): Parameter {
    this.#parameters.set(name, parameter);
    return parameter;
  }

  /** Registers a layer under its (possibly dotted) name. */
  protected child<M extends Module>(name: string, module: M): M {
    this.#children.set(name, module);
    return module;
  }

  namedParameters(prefix = ''): Map<string, Parameter> {
    const found = new Map<string, Parameter>();
    for (const [name, parameter] of this.#parameters) found.set(prefix + name, parameter);
    for (const [name, module] of this.#children) {
      for (const [path, parameter] of module.namedParameters(`${prefix}${name}.`)) found.set(path, parameter);
    }
    return found;
  }

  /** This layer under '' and all under it by their paths, in PyTorch's order. */
  namedModules(prefix = ''): Map<string, Module> {
    const found = new Map<string, Module>([[prefix, this]]);
    for (const [name, module] of this.#children) {
      for (const [path, each] of module.namedModules(prefix === '' ? name : `${prefix}.${name}`)) found.set(path, each);
    }
    return found;
  }

  /** This layer and all under it. */
  *modules(): Generator<Module> {
    yield this;
    for (const module of this.#children.values()) yield* module.modules();
  }

  dispose(): void {
    for (const parameter of this.namedParameters().values()) parameter.dispose();
  }
}
