dism /image:<<BROKEN DISK LETTER>>:\ /get-packages > c:\temp\Patch_level.txt
dism /image:<<BROKEN DISK LETTER>>:\ /get-packages > <<BROKEN DISK LETTER>>:\Patch_level.txt

REM The example of the article
dism /Image:e:\ /Remove-Package /PackageName:Package_for_RollupFix~31bf3856ad364e35~amd64~~14393.1944.1.3
