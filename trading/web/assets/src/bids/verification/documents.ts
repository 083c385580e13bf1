// The signatures in PDF documents, which are not checked here.
import type { Package } from "../package";
import type { Book } from "./findings";

/** Say that the signatures of the package's PDFs were not checked. */
export async function checkDocuments(files: Package, book: Book): Promise<void> {
  const documents = files.names.filter((name) => name.endsWith(".pdf"));
  if (documents.length > 0) await book.note("verify-documents-unchecked", documents, { count: documents.length });
}
