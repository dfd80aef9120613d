import { value, vectorFile } from "../vector-file.ts";

const CANONICAL = "00:11:22:aa:bb:cc";

/** Test vectors for MAC addresses. @see spec/1.0/contract.md#values-as-vendors-write-them */
export const macAddresses = vectorFile(
  "MAC addresses as vendors write them, and their normalized form. null means that the input is unreadable: a reader keeps the input unchanged.",
  [
    value("lower case with colons", "00:11:22:aa:bb:cc", CANONICAL),
    value("upper case with colons", "00:11:22:AA:BB:CC", CANONICAL),
    value("mixed case", "00:11:22:aA:Bb:cC", CANONICAL),
    value("hyphens, as Windows writes them", "00-11-22-AA-BB-CC", CANONICAL),
    value("dots, as Cisco writes them", "0011.22aa.bbcc", CANONICAL),
    value("dots in upper case", "0011.22AA.BBCC", CANONICAL),
    value("bare digits", "001122aabbcc", CANONICAL),
    value("bare digits in upper case", "001122AABBCC", CANONICAL),
    value("one digit for an octet, as in the output of arp", "0:11:22:aa:bb:cc", CANONICAL),
    value("one digit for several octets", "0:1:2:a:b:c", "00:01:02:0a:0b:0c"),
    value("one digit for an octet, with hyphens", "0-1-2-A-B-C", "00:01:02:0a:0b:0c"),
    value("surrounding spaces", "  00:11:22:aa:bb:cc ", CANONICAL),
    value("a trailing line end", "00:11:22:aa:bb:cc\n", CANONICAL),
    value("only digits", "123456789012", "12:34:56:78:90:12"),
    value("only letters", "ABCDEFABCDEF", "ab:cd:ef:ab:cd:ef"),
    value("all zeros, which is an address", "000000000000", "00:00:00:00:00:00"),
    value("broadcast", "FF:FF:FF:FF:FF:FF", "ff:ff:ff:ff:ff:ff"),
    value("five octets", "00:11:22:aa:bb", null),
    value("seven octets", "00:11:22:aa:bb:cc:dd", null),
    value("EUI-64", "00:11:22:ff:fe:aa:bb:cc", null),
    value("bare EUI-64", "001122fffeaabbcc", null),
    value("three digits for an octet", "000:11:22:aa:bb:cc", null),
    value("an octet without a digit", "00::22:aa:bb:cc", null),
    value("two separators in one address", "00:11-22:aa-bb:cc", null),
    value("spaces for separators", "00 11 22 aa bb cc", null),
    value("a letter that is not a hexadecimal digit", "00:11:22:aa:bb:cg", null),
    value("eleven bare digits", "001122aabbc", null),
    value("a hexadecimal number", "0x001122aabbcc", null),
    value("dots between octets", "00.11.22.aa.bb.cc", null),
    value("digits of another script", "００:11:22:aa:bb:cc", null),
    value("two addresses", "00:11:22:aa:bb:cc, 00:11:22:aa:bb:cd", null),
    value("not an address", "unknown", null),
    value("an empty string", "", null),
  ],
);
