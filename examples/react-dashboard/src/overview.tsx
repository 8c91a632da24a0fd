import type { ReactElement } from "react";

import { PRODUCTS } from "./events.ts";
import { OrderTable } from "./order-table.tsx";
import { PayButton } from "./pay-button.tsx";
import type { Sales } from "./sales.ts";
import { Stock } from "./stock.tsx";
import { Ticks } from "./ticks.tsx";

/** Everything at a glance. */
export function Overview({ sales }: { readonly sales: Sales }): ReactElement {
  const { count, revenue, orders } = sales;
  return (
    <>
      <section className="sheet" aria-labelledby="sales-title">
        <div className="row">
          <h2 id="sales-title">
            Sales <small>since you are here, and a little before</small>
          </h2>
          <PayButton />
        </div>
        <dl className="figures">
          <Figure name="Orders" value={String(count)} />
          <Figure name="Revenue" value={money(revenue)} />
          <Figure name="On average" value={money(count === 0 ? 0 : revenue / count)} />
        </dl>
        <Ticks orders={orders} />
      </section>
      <div className="columns">
        <section className="sheet" aria-labelledby="newest-title">
          <h2 id="newest-title">Newest orders</h2>
          <OrderTable orders={orders} />
        </section>
        <section className="sheet" aria-labelledby="stock-title">
          <h2 id="stock-title">On the shelf</h2>
          {PRODUCTS.map(({ name }) => (
            <Stock key={name} product={name} />
          ))}
        </section>
      </div>
    </>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: string }): ReactElement {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function money(sum: number): string {
  return `${sum.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })} €`;
}
