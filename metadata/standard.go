package metadata

// The keys that Dagster's tools know: a number of rows is plotted, a schema is a table of its own.
const (
	keyRows          = "dagster/row_count"
	keyPartitionRows = "dagster/partition_row_count"
	keyTableName     = "dagster/table_name"
	keyURI           = "dagster/uri"
	keyColumns       = "dagster/column_schema"
	keyLineage       = "dagster/column_lineage"
	keyCode          = "dagster/code_references"
)

// Rows is the number of rows of a table, under the key that Dagster plots: "dagster/row_count".
func Rows(n int) Entry { return Int(keyRows, n) }

// PartitionRows is the number of rows of one partition: "dagster/partition_row_count".
func PartitionRows(n int) Entry { return Int(keyPartitionRows, n) }

// TableName is the whole name of a table, as in "sales.public.orders": "dagster/table_name".
func TableName(name string) Entry { return Text(keyTableName, name) }

// URI is where the data of an asset is: "dagster/uri".
func URI(uri string) Entry { return Text(keyURI, uri) }

// ColumnSchema is the columns of an asset, one by one: "dagster/column_schema".
func ColumnSchema(columns ...Column) Entry { return Columns(keyColumns, columns...) }

// ColumnSchemaOf is the columns of an asset whose rows are structs of type Row: "dagster/column_schema".
func ColumnSchemaOf[Row any]() Entry { return Schema[Row](keyColumns) }

// ColumnLineage is what each column of an asset is made from: "dagster/column_lineage".
func ColumnLineage(from map[string][]ColumnOf) Entry { return Lineage(keyLineage, from) }

// CodeReferences is where the code of an asset is, beside the line that declares it, which is known without:
// "dagster/code_references".
func CodeReferences(to ...CodeReference) Entry { return Code(keyCode, to...) }

// CodeIn returns the references that [CodeReferences] has put among entries, nil if there are none.
func CodeIn(entries []Entry) []CodeReference {
	for _, e := range entries {
		if v, ok := e.Value.(CodeValue); ok && e.Key == keyCode {
			return v.References
		}
	}
	return nil
}
