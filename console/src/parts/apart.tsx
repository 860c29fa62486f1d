/** A part of a screen that may fail, such as when its file cannot be loaded, without taking the rest with it. */
import { Component, type ReactNode, Suspense } from 'react';
import { Loading, Trouble } from './small.tsx';

export class Apart extends Component<{ readonly children: ReactNode }, { readonly error: unknown }> {
  override state: { readonly error: unknown } = { error: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error !== undefined) return <Trouble error={this.state.error} onRetry={() => location.reload()} />;
    return <Suspense fallback={<Loading />}>{this.props.children}</Suspense>;
  }
}
