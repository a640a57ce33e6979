/** Messages of schemas/ofd/kkm-2.0.3.proto, as far as we look into them. Every field may be missing. */
export interface DateTime {
  readonly date?: { readonly year?: number; readonly month?: number; readonly day?: number };
  readonly time?: { readonly hour?: number; readonly minute?: number; readonly second?: number };
}

export interface Money {
  /** Tenge. */
  readonly bills?: bigint;
  /** Tiyn. */
  readonly coins?: number;
}

export interface Operator {
  readonly code?: number;
  readonly name?: string;
}

export interface StornoCommodity {
  readonly name?: string;
  readonly section_code?: string;
  /** Thousandths. */
  readonly quantity?: bigint;
  readonly price?: Money;
  readonly sum?: Money;
  readonly excise_stamp?: string;
  readonly barcode?: string;
  readonly measure_unit_code?: string;
  readonly list_excise_stamp?: readonly string[];
  readonly ntin?: string;
}

export interface Commodity extends StornoCommodity {
  readonly code?: bigint;
}

export interface Modifier {
  readonly name?: string;
  readonly sum?: Money;
}

export interface TicketItem {
  readonly type?: number;
  readonly commodity?: Commodity;
  readonly storno_commodity?: StornoCommodity;
  readonly markup?: Modifier;
  readonly storno_markup?: Modifier;
  readonly discount?: Modifier;
  readonly storno_discount?: Modifier;
}

export interface ParentTicket {
  readonly parent_ticket_number?: bigint;
  readonly parent_ticket_data_time?: DateTime;
  readonly kgd_kkm_id?: string;
  readonly parent_ticket_total?: Money;
  readonly parent_ticket_is_offline?: boolean;
}

export interface TicketRequest {
  readonly operation?: number;
  readonly date_time?: DateTime;
  readonly operator?: Operator;
  readonly domain?: { readonly type?: number };
  readonly items?: readonly TicketItem[];
  readonly payments?: readonly { readonly type?: number; readonly sum?: Money }[];
  readonly amounts?: { readonly total?: Money; readonly taken?: Money; readonly change?: Money };
  readonly offline_ticket_number?: number;
  readonly printed_document_number_old?: string;
  readonly fr_shift_number?: number;
  readonly shift_document_number?: number;
  readonly printed_document_number?: bigint;
  readonly parent_ticket?: ParentTicket;
}

export interface TicketOperation {
  readonly operation?: number;
  readonly tickets_total_count?: number;
  readonly tickets_count?: number;
  readonly tickets_sum?: Money;
  readonly offline_count?: number;
}

export interface ZXReport {
  readonly date_time?: DateTime;
  readonly shift_number?: number;
  readonly ticket_operations?: readonly TicketOperation[];
  readonly cash_sum?: Money;
  readonly revenue?: { readonly sum?: Money; readonly is_negative?: boolean };
  readonly open_shift_time?: DateTime;
  readonly close_shift_time?: DateTime;
}

export interface CloseShiftRequest {
  readonly close_time?: DateTime;
  readonly is_offline?: boolean;
  readonly fr_shift_number?: number;
  readonly z_report?: ZXReport;
}

export interface ReportRequest {
  readonly report?: number;
  readonly date_time?: DateTime;
  readonly zx_report?: ZXReport;
}

export interface ReportResponse {
  readonly report?: number;
  readonly zx_report?: ZXReport;
}

export interface MoneyPlacementRequest {
  readonly datetime?: DateTime;
  readonly operation?: number;
  readonly sum?: Money;
  readonly operator?: Operator;
}

export interface ServiceRequest {
  readonly get_reg_info?: boolean;
  readonly offline_period?: { readonly begin_time?: DateTime; readonly end_time?: DateTime };
}

export interface ServiceResponse {
  readonly reg_info?: {
    readonly kkm?: { readonly fns_kkm_id?: string; readonly kkm_id?: string };
    readonly org?: { readonly title?: string; readonly inn?: string };
  };
  readonly last_document_info?: { readonly fr_shift_number?: number };
}

export interface NomenclatureElement {
  readonly type?: number;
  readonly title?: string;
  readonly title_kk?: string;
  readonly item?: {
    readonly barcode?: string;
    readonly description?: string;
    readonly ntin?: string;
    readonly is_markedeac?: boolean;
  };
}

export interface NomenclatureResponse {
  readonly version?: number;
  readonly created_time?: bigint;
  readonly elements?: readonly NomenclatureElement[];
  readonly result?: number;
}

export interface Request {
  readonly command?: number;
  readonly ticket?: TicketRequest;
  readonly close_shift?: CloseShiftRequest;
  readonly report?: ReportRequest;
  readonly nomenclature?: { readonly current_version?: number; readonly barcode?: string };
  readonly service?: ServiceRequest;
  readonly money_placement?: MoneyPlacementRequest;
}

export interface Response {
  readonly command?: number;
  readonly result?: { readonly result_code?: number; readonly result_text?: string };
  readonly ticket?: { readonly ticket_number?: string; readonly qr_code?: Uint8Array };
  readonly report?: ReportResponse;
  readonly nomenclature?: NomenclatureResponse;
  readonly service?: ServiceResponse;
}
