import { testMatrixPart } from "./matrix/matrix-part.ts";

testMatrixPart(2);
