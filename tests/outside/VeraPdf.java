import java.io.FileInputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Judges files by PDF/A-2b: a line for each, then each rule that it breaks. */
public class VeraPdf {
    public static void main(String[] names) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        PDFAFlavour flavour = PDFAFlavour.fromString("2b");
        for (String name : names) {
            try (PDFAParser parser = Foundries.defaultInstance().createParser(new FileInputStream(name), flavour);
                    PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
                ValidationResult result = validator.validate(parser);
                System.out.println(name + " " + result.isCompliant() + " " + result.getTotalAssertions());
                for (TestAssertion one : result.getTestAssertions()) {
                    System.out.println("  " + one.getRuleId().getClause() + " " + one.getMessage());
                }
            }
        }
    }
}
