#include <stdio.h>
int main(void) { printf("@case {\"name\":\"a\",\"observed\":1}\n"); return 0; }
